package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"time"

	"github.com/sx-framework/sxgo/live"
	"github.com/sx-framework/sxgo/render"
	"github.com/sx-framework/sxgo/sx"
)

// market makes up prices: a wave for each share, the same for everybody who looks at the same time.
type market struct{}

var shares = [...]string{"ACME", "BETA", "CORE"}

func (market) price(share string, at time.Time) float64 {
	h := fnv.New32a()
	h.Write([]byte(share))
	phase, t := float64(h.Sum32()%628)/100, float64(at.UnixMilli())/1000
	return 100 + 20*math.Sin(t/17+phase) + 3*math.Sin(t*2.3+phase)
}

// prices fills one slot for each share, twice a second.
func (m *market) prices(ctx context.Context, s *live.Stream) error {
	return every(ctx, 500*time.Millisecond, func(now time.Time) error {
		for _, share := range shares {
			p := m.price(share, now)
			up := p >= m.price(share, now.Add(-500*time.Millisecond))
			if err := s.Resolve(share, "~price", sx.Args{"amount": p, "up": up}); err != nil {
				return err
			}
		}
		return nil
	})
}

// orders appends. The key makes an order that comes again replace itself.
func (m *market) orders(ctx context.Context, s *live.Stream) error {
	return every(ctx, time.Second, func(now time.Time) error {
		share := shares[now.Unix()%int64(len(shares))]
		f, err := s.Evaluate("~order", sx.Args{"share": share, "amount": 1 + now.Unix()%90, "price": m.price(share, now)})
		if err != nil {
			return err
		}
		f.ID, f.Mode, f.Key = "orders", render.ModeAppend, strconv.FormatInt(now.Unix(), 10)
		return s.Patch(f)
	})
}

// balance is what a trader owns at the moment.
func (m *market) balance(trader string) float64 {
	return 10 * m.price(trader, time.Now())
}

// numbers counts on from the last event the client has got, and ends after ten.
func numbers(ctx context.Context, s *live.Stream) error {
	from, _ := strconv.Atoi(s.LastEventID()) // whatever else it is, counting begins at 1
	n := from
	return every(ctx, 300*time.Millisecond, func(time.Time) error {
		if n++; n > from+10 {
			return errDone
		}
		f, err := s.Evaluate("~number", sx.Args{"n": n})
		if err != nil {
			return err
		}
		f.ID = "number"
		data, err := f.AppendData(nil)
		if err != nil {
			return err
		}
		return s.Send(live.Event{Name: render.EventResolve, ID: strconv.Itoa(n), Data: string(data)})
	})
}

var errDone = fmt.Errorf("done")

// every calls f now and then at each tick, until it fails or ctx ends. errDone is no failure.
func every(ctx context.Context, d time.Duration, f func(now time.Time) error) error {
	t := time.NewTicker(d)
	defer t.Stop()
	for now := time.Now(); ; {
		switch err := f(now); {
		case err == errDone:
			return nil
		case err != nil:
			return err
		}
		select {
		case now = <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
