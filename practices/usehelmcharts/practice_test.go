package usehelmcharts

import (
	"testing"

	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestVersionsWithoutAnEnd(t *testing.T) {
	for version, want := range map[string]bool{
		"":                     true,
		"*":                    true,
		"x":                    true,
		"x.x.x":                true,
		"latest":               true,
		"HEAD":                 true,
		">=1.0.0":              true,
		">= 1.8.0-rc.0":        true,
		">0, !=2.1.0":          true,
		"~4.11 || >=6":         true,
		">=1.2.0-0":            true,
		"4.11.3":               false,
		"v4.11.3":              false,
		"=4.11.3":              false,
		"4.x":                  false,
		"1.*":                  false,
		"~4.11":                false,
		"^4.11.0":              false,
		">=1.2 <2":             false,
		">= 1.2.0, < 2.0.0":    false,
		"1.2 - 1.9":            false,
		"<2":                   false,
		"{{ .version }}":       false,
		"${CHART_VERSION}":     false,
		"~4.11 || ~5.2":        false,
		">=1.2 <2 || >=3.1 <4": false,
	} {
		if got := isOpen(version); got != want {
			t.Errorf("%q: got %v", version, got)
		}
	}
}
