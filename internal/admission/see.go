package admission

import (
	"time"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/manifest"
)

// see tells the witness who makes a request that changes something.
func (w *Webhook) see(request *request) {
	if w.options.Witness == nil || request.DryRun || request.Name == "" {
		return
	}
	s := cluster.Sighting{
		ID:      manifest.ID{Group: request.Kind.Group, Kind: request.Kind.Kind, Namespace: request.Namespace, Name: request.Name},
		Manager: request.Options.FieldManager, User: clip(request.UserInfo.Username, most), At: time.Now(),
		Deleted: request.Operation == admissionv1.Delete,
	}
	if request.SubResource != "" { // the kind is the subresource's own
		s.ID.Group, s.ID.Kind, s.Resource = request.Resource.Group, "", request.Resource.Resource
	}
	w.options.Witness.See(s)
}
