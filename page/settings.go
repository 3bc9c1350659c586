package page

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/sx-framework/sxgo/sx"
)

// Settings are what (defconfig …) says about the process that serves the application, and not about its pages. The
// environment wins over them, and what a Server or a command line says wins over both. They are read once, at the
// start. A zero field says nothing.
type Settings struct {
	Addr      string        // :addr, SX_ADDR or PORT: where to listen
	Metrics   string        // :metrics-addr, SX_METRICS_ADDR: where /metrics is
	Data      string        // :data, SX_DATA: the folder for what the application keeps
	LogFormat string        // :log-format, SX_LOG_FORMAT: "text" or "json"
	Grace     time.Duration // :grace, SX_GRACE: how long a shutdown may take
}

// settingKeys are the keys of (defconfig …) that Settings holds.
var settingKeys = []string{"addr", "metrics-addr", "data", "log-format", "grace"}

// set notes the value of one key.
func (s *Settings) set(key string, v sx.Value) (err error) {
	t := plainText(v)
	if v.Kind() == sx.KindList || v.Kind() == sx.KindDict || t == "" {
		return fmt.Errorf(":%s must be a string, found %s", key, sx.Serialize(v))
	}
	switch key {
	case "addr":
		s.Addr = t
	case "metrics-addr":
		s.Metrics = t
	case "data":
		s.Data = t
	case "log-format":
		if s.LogFormat = t; t != "text" && t != "json" {
			err = fmt.Errorf(":log-format must be \"text\" or \"json\", found %s", sx.Serialize(v))
		}
	case "grace":
		if s.Grace, err = duration(t); err != nil {
			err = fmt.Errorf(":grace must be seconds, or a duration such as \"1m30s\", found %s", sx.Serialize(v))
		}
	}
	return err
}

// ReadSettings reads the settings of the application at the root of fsys without loading it: a server may need to
// know them before. What is wrong with the form is said when the application is loaded.
func ReadSettings(fsys fs.FS) (Settings, error) {
	files, err := sx.ReadFiles(fsys, "")
	if err != nil {
		return Settings{}, err
	}
	return settingsOf(files), nil
}

// settingsOf returns what the first (defconfig …) of the sources says.
func settingsOf(files []*sx.Source) (s Settings) {
	for _, f := range files {
		if !strings.Contains(f.Text, "(defconfig") {
			continue
		}
		forms, err := sx.Read(f, sx.Limits{})
		if err != nil {
			continue
		}
		for _, v := range forms {
			l := v.List()
			if l == nil || l.Len() == 0 || !l.Items[0].IsSymbol("defconfig") {
				continue
			}
			for i := 1; i+1 < l.Len(); i += 2 {
				if k := l.Items[i]; k.Kind() == sx.KindKeyword {
					_ = s.set(k.Text(), l.Items[i+1]) // reported when the application is loaded
				}
			}
			return s
		}
	}
	return s
}

// duration reads seconds, or a duration with its unit.
func duration(text string) (time.Duration, error) {
	if strings.Trim(text, "0123456789") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = fmt.Errorf("%s is negative", text)
	}
	return d, err
}

// Settings returns what the application's (defconfig …) said when it was loaded first.
func (a *App) Settings() Settings { return a.settings }
