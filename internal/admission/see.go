package admission

import (
	"encoding/json"
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// see tells the witness who makes a request that changes something.
func (w *Webhook) see(request *admissionv1.AdmissionRequest) {
	isDry := request.DryRun != nil && *request.DryRun
	if w.options.Witness == nil || isDry || request.Name == "" {
		return
	}
	var options struct {
		FieldManager string `json:"fieldManager"`
	}
	_ = json.Unmarshal(request.Options.Raw, &options) // a request that says nothing is seen all the same
	w.options.Witness.See(cluster.Sighting{
		ID:      manifest.ID{Group: request.Kind.Group, Kind: request.Kind.Kind, Namespace: request.Namespace, Name: request.Name},
		Manager: options.FieldManager, User: clip(request.UserInfo.Username, most), At: time.Now(),
		Deleted: request.Operation == admissionv1.Delete,
	})
}
