package cluster

import (
	"encoding/base64"
	"fmt"
	"hash/maphash"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/manifest"
)

// vault tells whether a value is the one that a live Secret has, without holding any: it keeps hashes with a seed of its own.
type vault struct {
	seed   maphash.Seed
	mu     sync.Mutex
	hashes map[manifest.ID]map[string]uint64 // by field and key
}

func newVault() *vault {
	return &vault{seed: maphash.MakeSeed(), hashes: map[manifest.ID]map[string]uint64{}}
}

// take returns a live Secret without its values, but with what says who made it, and when.
func (v *vault) take(live *unstructured.Unstructured) *unstructured.Unstructured {
	hashes := map[string]uint64{}
	each(live, func(name string, value any) any {
		hashes[name] = v.hash(value)
		return value
	})
	v.mu.Lock()
	v.hashes[IDOf(live)] = hashes
	v.mu.Unlock()
	out := Shown(live)
	out.SetCreationTimestamp(live.GetCreationTimestamp())
	out.SetDeletionTimestamp(live.GetDeletionTimestamp())
	out.SetManagedFields(live.GetManagedFields())
	return out
}

func (v *vault) hash(value any) uint64 { return maphash.String(v.seed, fmt.Sprint(value)) }

// Desired masks what is wanted of an object that was listed: of a Secret the values that are live are masked as in Objects,
// others otherwise. What is no Secret is returned as it is.
func (l *Listing) Desired(want *unstructured.Unstructured) *unstructured.Unstructured {
	if !isSecret(want) {
		return want
	}
	out := want.DeepCopy()
	EncodeStringData(out)
	live := l.secrets.hashes[IDOf(want)]
	each(out, func(name string, value any) any {
		if hash, isLive := live[name]; isLive && hash == l.secrets.hash(value) {
			return Masked
		}
		return maskedChanged
	})
	return out
}

// EncodeStringData moves a Secret's stringData into data, as the server does on a plain write. What isn't text is left for the
// server to refuse.
func EncodeStringData(u *unstructured.Unstructured) {
	text, ok := u.Object["stringData"].(map[string]any)
	if !ok || !isSecret(u) {
		return
	}
	data, _ := u.Object["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
	}
	for key, value := range text {
		s, ok := value.(string)
		if !ok {
			return
		}
		data[key] = base64.StdEncoding.EncodeToString([]byte(s))
	}
	u.Object["data"] = data
	delete(u.Object, "stringData")
}

// each visits the values of a Secret that nobody may see, by a name that tells them apart, and puts what it is given in
// their place.
func each(secret *unstructured.Unstructured, visit func(name string, value any) any) {
	metadata, _ := secret.Object["metadata"].(map[string]any)
	for field, within := range map[string]any{"data": secret.Object["data"], "stringData": secret.Object["stringData"], "annotations": metadata["annotations"]} {
		values, _ := within.(map[string]any)
		for key, value := range values {
			values[key] = visit(field+"/"+key, value)
		}
	}
}
