package sx_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sx-framework/sxgo/sx"
)

// exactDecimal rounds the exact value of f half away from zero, with rational numbers.
func exactDecimal(f float64, places int) string {
	r := new(big.Rat).SetFloat64(f)
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)))
	half := big.NewRat(1, 2)
	scaled.Abs(scaled).Add(scaled, half)
	digits := new(big.Int).Quo(scaled.Num(), scaled.Denom()).String()
	for len(digits) <= places {
		digits = "0" + digits
	}
	if places > 0 {
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	if f < 0 && strings.ContainsAny(digits, "123456789") {
		digits = "-" + digits
	}
	return digits
}

func TestRoundingIsExact(t *testing.T) {
	format := primitive(t, "format-decimal")
	round := primitive(t, "round")
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		f := rnd.NormFloat64() * math.Pow(10, float64(rnd.IntN(24)-10))
		switch rnd.IntN(3) {
		case 0: // many ties
			f = float64(rnd.IntN(2_000_001)-1_000_000) / float64(int(1)<<rnd.IntN(12))
		case 1: // decimal fractions that look like ties
			f = math.Round(f*1000)/1000 + 0.0005
		}
		if math.Abs(f) > sx.MaxSafe {
			continue
		}
		places := rnd.IntN(14)
		got, err := sx.CallPrimitive(t.Context(), format, sx.Number(f), sx.Int(places))
		if want := exactDecimal(f, places); err != nil || got.Text() != want {
			t.Fatalf("(format-decimal %v %d): got %s %v, want %s", f, places, sx.Serialize(got), err, want)
		}
		rounded, err := sx.CallPrimitive(t.Context(), round, sx.Number(f), sx.Int(places))
		if err != nil {
			t.Fatal(err)
		}
		want, _ := new(big.Float).SetPrec(2000).SetString(exactDecimal(f, places))
		if nearest, _ := want.Float64(); rounded.Float() != nearest {
			t.Fatalf("(round %v %d): got %v, want %v", f, places, rounded.Float(), nearest)
		}
		if places > 0 { // before the point
			unit := math.Pow10(places)
			rounded, err := sx.CallPrimitive(t.Context(), round, sx.Number(f), sx.Int(-places))
			if err != nil {
				continue // out of range
			}
			quotient := new(big.Rat).Quo(new(big.Rat).SetFloat64(math.Abs(f)), new(big.Rat).SetFloat64(unit))
			quotient.Add(quotient, big.NewRat(1, 2))
			n := new(big.Int).Quo(quotient.Num(), quotient.Denom())
			want, _ := new(big.Float).SetInt(n.Mul(n, big.NewInt(int64(unit)))).Float64()
			if math.Abs(rounded.Float()) != want {
				t.Fatalf("(round %v %d): got %v, want %v", f, -places, rounded.Float(), want)
			}
		}
	}
}

func primitive(t *testing.T, name string) *sx.Primitive {
	t.Helper()
	p := sx.Builtin(name)
	if p == nil {
		t.Fatalf("no primitive %s", name)
	}
	return p
}
