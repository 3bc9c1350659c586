package page

import (
	"strings"
	"testing"
)

// The script names the stream by itself, so that it is sent as it is written.
func TestDevelopmentScriptNamesItsStream(t *testing.T) {
	if !strings.Contains(developmentScript, `"`+developmentSource+`"`) {
		t.Errorf("development.js does not subscribe to %s", developmentSource)
	}
}
