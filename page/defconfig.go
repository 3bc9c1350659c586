package page

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/sx-framework/sxgo/sx"
)

// siteConfig is (defconfig …).
type siteConfig struct {
	csp        []directive
	origins    []string
	env        []string
	fetchAllow []netip.Prefix
	lang       string
	name       string // what pages without a title are called
	maxBody    int64
	maxUploads int64

	datastarScripts bool
	wholeClient     bool // every page's script has all parts
}

// configKeys are the keys of (defconfig …), in the order in which they are looked at.
var configKeys = append([]string{"csp", "origins", "env", "fetch-allow", "lang", "max-body", "max-uploads", "name", "datastar-scripts", "client"}, settingKeys...)

// configure reads (defconfig :key value …). Its values are literals.
func (d *declarations) configure(a *sx.Analyzer, f *sx.Form) {
	if d.config != nil {
		a.Errorf(f.Site(), sx.DuplicateError, "defconfig is given twice: first at %s", placeOf(d.config))
		return
	}
	d.config = f.Site()
	fs := fields(a, f, 1, "defconfig", configKeys)
	for _, key := range configKeys {
		g := fs[key]
		if g == nil {
			continue
		}
		if err := d.site.config.set(key, g.Value()); err != nil {
			a.Errorf(g.Site(), sx.FormError, "%v", err)
		}
	}
}

// set takes over the value of a key. What cannot be used is an error, and left out.
func (c *siteConfig) set(key string, v sx.Value) error {
	switch key {
	case "csp":
		return c.setPolicy(v)
	case "origins":
		origins := textList(v)
		for i, o := range origins {
			origins[i] = strings.TrimSuffix(o, "/") // as people copy them; browsers send them without
			if _, err := crossOrigin(origins[i : i+1]); err != nil {
				return fmt.Errorf(":origins: %v", err)
			}
		}
		c.origins = origins
	case "env":
		c.env = textList(v)
	case "fetch-allow":
		for _, t := range textList(v) {
			p, err := parsePrefix(t)
			if err != nil {
				return fmt.Errorf(":fetch-allow: %v", err)
			}
			c.fetchAllow = append(c.fetchAllow, p)
		}
	case "lang":
		if c.lang = plainText(v); !languageTag(c.lang) {
			return fmt.Errorf(`:lang must be a language such as "en" or "fr-CA", found %s`, sx.Serialize(v))
		}
	case "max-body":
		if !v.IsNumber() || v.Float() <= 0 {
			return errors.New(":max-body must be a number of bytes")
		}
		c.maxBody = int64(v.Float())
	case "max-uploads":
		if !v.IsNumber() || v.Float() <= 0 {
			return errors.New(":max-uploads must be a number of bytes")
		}
		c.maxUploads = int64(v.Float())
	case "name":
		if c.name = plainText(v); c.name == "" {
			return fmt.Errorf(":name must be a string, found %s", sx.Serialize(v))
		}
	case "datastar-scripts":
		if v.Kind() != sx.KindBool {
			return errors.New(":datastar-scripts must be true or false")
		}
		c.datastarScripts = v.Truthy()
	case "client":
		if c.wholeClient = plainText(v) == "whole"; !c.wholeClient && plainText(v) != "needed" {
			return fmt.Errorf(":client must be :needed or :whole, found %s", sx.Serialize(v))
		}
	default: // it is used elsewhere: see Settings
		return new(Settings).set(key, v)
	}
	return nil
}

// setPolicy reads :csp {:directive sources …}.
func (c *siteConfig) setPolicy(v sx.Value) error {
	if v.Kind() != sx.KindDict {
		return errors.New(":csp must be a dict such as {:img-src \"https://images.example\"}")
	}
	dict := v.Dict()
	for i := range dict.Len() {
		name, sources := dict.At(i)
		c.csp = append(c.csp, directive{name, textList(sources)})
	}
	_, err := newPolicy(c.csp)
	return err
}

// textList returns a text, or the texts of a list; a list may be quoted.
func textList(v sx.Value) []string {
	l := v.List()
	if l == nil {
		if v.IsNil() {
			return nil
		}
		return strings.Fields(plainText(v))
	}
	items := l.Items
	if len(items) > 0 && (items[0].IsSymbol("quote") || items[0].IsSymbol("list")) {
		if items[0].IsSymbol("quote") && len(items) == 2 {
			return textList(items[1])
		}
		items = items[1:]
	}
	var out []string
	for _, i := range items {
		out = append(out, plainText(i))
	}
	return out
}
