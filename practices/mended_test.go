package practices

import (
	"testing"

	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

// What a practice offers to write mends what it has found and breaks no other one, and only a practice that says that
// Fairlead writes offers anything.
func TestEditsOfTheExamplesMend(t *testing.T) {
	for _, p := range All {
		t.Run(p.ID, func(t *testing.T) {
			if offered := practicetest.Mends(t, p, All); offered > 0 != (p.Mends == practice.Writes) {
				t.Errorf("%d findings of its examples offer edits, and Mends is %q", offered, p.Mends)
			}
		})
	}
}
