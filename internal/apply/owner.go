package apply

import (
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// maxLabel is the length that Kubernetes allows for a label value.
const maxLabel = 63

// OwnerValue is the value of OwnerLabel for an application given as "NAMESPACE/NAME". Long names are cut and told
// apart by a hash.
func OwnerValue(application string) string {
	value := strings.ReplaceAll(application, "/", ".")
	if len(value) <= maxLabel {
		return value
	}
	hash := fmt.Sprintf("-%016x", xxhash.Sum64String(application))
	return value[:maxLabel-len(hash)] + hash
}
