package pattern

import "testing"

func TestNewCompilesLater(t *testing.T) {
	broken, digits := New(`(`), New(`\d+`)
	if got := digits().FindString("a12b"); got != "12" {
		t.Errorf("found %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("what is no expression was compiled")
		}
	}()
	broken()
}
