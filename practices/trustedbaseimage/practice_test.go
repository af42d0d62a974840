package trustedbaseimage

import (
	"testing"

	"github.com/fairlead-dev/fairlead/practice/dockerfile"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

// Well-known names must not be taken for slips of each other.
func TestNoKnownNameIsMistyped(t *testing.T) {
	for _, name := range dockerfile.Official {
		if meant := mistyped(dockerfile.ParseImage(name)); meant != "" {
			t.Errorf("%s is said to be a mistyped %s", name, meant)
		}
	}
	for _, publisher := range publishers {
		if meant := mistyped(dockerfile.ParseImage(publisher + "/image")); meant != "" {
			t.Errorf("%s is said to be a mistyped %s", publisher, meant)
		}
	}
}
