package apply

import (
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// isKnown says that the server was asked to check the names of all fields of an object before, when it was sent as it was last,
// and has taken them. Checking them means parsing the object once more, a tenth of what the server does for an update. Of
// custom kinds the schema may have changed since.
func isKnown(kind schema.GroupKind, sent, now map[string]any) bool {
	isBuiltIn := !strings.Contains(kind.Group, ".") || strings.HasSuffix(kind.Group, ".k8s.io")
	return isBuiltIn && !addsField(sent, now)
}

// addsField says whether now has a field that before hasn't, or may have one.
func addsField(before, now any) bool {
	switch now := now.(type) {
	case map[string]any:
		before, _ := before.(map[string]any)
		for name, value := range now {
			was, ok := before[name]
			if !ok || addsField(was, value) {
				return true
			}
		}
	case []any:
		before, _ := before.([]any)
		if len(now) > len(before) {
			return true
		}
		for i, value := range now {
			if addsField(before[i], value) {
				return true
			}
		}
	}
	return false
}
