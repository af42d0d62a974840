// Package live is the model of a cluster that the page shows: tables of rows (rows.go), kept by watches, with a revision
// that moves when something changes. In goes a rest.Config; out come two handlers: the state as a whole, and the stream of
// what changes. It never writes to the cluster, keeps no whole objects, and tells nobody what they may not see: what a
// person sees is decided in seen.go and nowhere else.
package live

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

// Options of a Live.
type Options struct {
	Config *rest.Config // whose rights the watches have
	// Namespaces that are watched where Config may not list a kind in the whole cluster.
	Namespaces []string
	Rights     Rights
	// Person in ctx, for the state to name: the name and how they came in. Without one nothing is told.
	Person  func(ctx context.Context) (name, via string, ok bool)
	Cluster string // its name, for people
	Version string // of Fairlead
	Edges   Edges  // nil: no edges
	// Fetched is when the source of an Application last answered, zero if nobody knows; nil where no controller runs.
	Fetched func(namespace, name string) time.Time
	Log     *slog.Logger
}

// Rights is what the person in a context may do: everywhere and cluster-wide (all), or in some namespaces. An error means no.
type Rights interface {
	Namespaces(ctx context.Context, group, resource, verb string) (all bool, some map[string]bool, err error)
}

// Edges tells what depends on what, as it changes.
type Edges interface {
	// Follow calls set with rows that are new or have changed and gone with ids, until ctx ends. It calls from one goroutine.
	Follow(ctx context.Context, changed func(set []Edge, gone []string)) error
}

// Handlers of the API. Person and Rights are asked with the request's context; a stream whose context ends with a cause of its own
// (context.Cause) tells it as the end of the session.
type Handlers struct {
	State    http.HandlerFunc // GET /api/v1/state
	Stream   http.HandlerFunc // GET /api/v1/stream
	Complete http.HandlerFunc // GET /api/v1/query/complete
}

const (
	batchFor  = 100 * time.Millisecond // changes that come together are told together
	beatEvery = 15 * time.Second
	firstRead = 15 * time.Second // how long a state waits for the cluster to be read
)
