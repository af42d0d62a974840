package cli

import (
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

func TestHowAnImageIsDoing(t *testing.T) {
	const page = "https://forge.example/acme/config/pull/7"
	for name, c := range map[string]struct {
		status v1alpha1.AutomationStatus
		says   string
		isFine bool
	}{
		"it is as chosen":             {v1alpha1.AutomationStatus{Current: []string{"1.1.0"}, Chosen: "1.1.0"}, "● as its policy wants it", true},
		"it is on the way":            {v1alpha1.AutomationStatus{Current: []string{"1.0.0"}, Chosen: "1.1.0"}, "◐ being written", false},
		"it is proposed":              {v1alpha1.AutomationStatus{Current: []string{"1.0.0"}, Chosen: "1.1.0", PullRequest: page}, "◐ waits for " + page + " to be merged", false},
		"it was merged a moment ago":  {v1alpha1.AutomationStatus{Current: []string{"1.1.0"}, Chosen: "1.1.0", PullRequest: page}, "● as its policy wants it", true},
		"a person closed the request": {v1alpha1.AutomationStatus{Current: []string{"1.0.0"}, Chosen: "1.1.0", Message: page + " was closed"}, "▲ " + page + " was closed", false},
	} {
		t.Run(name, func(t *testing.T) {
			says, isFine := (&app{style: newStyles()}).imageState(&v1alpha1.Application{}, c.status)
			if ansi.Strip(says) != c.says || isFine != c.isFine {
				t.Errorf("%q, %t; want %q, %t", says, isFine, c.says, c.isFine)
			}
		})
	}
}
