// Package operate is what people do to an Application, whether they type it or click it: see what has drifted and compare
// revisions (Site), have git say something else (Proposal), put back what git says (Drifted), ask for a sync.
//
// In go an Application and what is wished; out comes what would be done, to be shown. Only Proposal.Push, Drifted.Revert and
// the functions that say so change anything.
package operate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// Site is one cluster, and the sources of its Applications, as one person.
type Site struct {
	API      client.WithWatch  // Fairlead's own kinds, with the person's rights
	Pipeline *deliver.Pipeline // all other kinds, with the person's rights
	Store    *source.Store
	// Logins reads the logins of sources.
	Logins client.Reader
	// OwnLogin has git log in as the person does on this machine, where the server lets them in so.
	OwnLogin bool
}

// Find reads an Application. Names that none can have are not found.
func (s *Site) Find(ctx context.Context, namespace, name string) (*v1alpha1.Application, error) {
	app := &v1alpha1.Application{}
	for _, part := range []string{namespace, name} {
		if part == "" || len(content.IsPathSegmentName(part)) > 0 {
			return nil, apierrors.NewNotFound(v1alpha1.GroupVersion.WithResource("applications").GroupResource(), name)
		}
	}
	return app, s.API.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, app)
}

// Name of an Application as people write it: NAMESPACE/NAME.
func Name(app *v1alpha1.Application) string { return app.Namespace + "/" + app.Name }

// RequestSync has an Application say that it is to be synced now, and who asks. It is for the caller to write it.
func RequestSync(app *v1alpha1.Application, by string) {
	if app.Annotations == nil {
		app.Annotations = map[string]string{}
	}
	app.Annotations[v1alpha1.SyncRequestAnnotation] = strings.TrimSpace(strconv.FormatInt(time.Now().UnixNano(), 36) + " " + by)
}

// Plural counts things: "1 object", "2 objects".
func Plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// mostOffered is how many names are offered to who gave a wrong one.
const mostOffered = 8

func offer(names []string) string {
	if more := len(names) - mostOffered; more > 1 {
		names = append(slices.Clone(names[:mostOffered]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
