package apply

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// write carries out what is planned for one object. With an error it returns what is live, if that is known.
func write(ctx context.Context, client *cluster.Client, c *Change) (*unstructured.Unstructured, error) {
	if c.lookAgain != nil {
		if live, done, err := createOne(ctx, client, c); done {
			return live, err
		}
	}
	if c.Action == ActionReplace {
		return replaceOne(ctx, client, c)
	}
	live, err := succeed(ctx, client, c)
	if err != nil {
		return nil, explainFully(ctx, client, c, err)
	}
	c.answered(live)
	return live, nil
}

// createOne carries out the plan for an object that is taken to be new. If it is there already, it is compared after
// all, and done is false if there is still something to send.
func createOne(ctx context.Context, client *cluster.Client, c *Change) (live *unstructured.Unstructured, done bool, err error) {
	live, err = create(ctx, client, c)
	switch {
	case err == nil:
		c.would = live
		return live, true, nil
	case !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err):
		c.live, _ = client.Get(ctx, c.mapping, c.ID.Namespace, c.ID.Name) // refused, and there all the same?
		return nil, true, explainFully(ctx, client, c, err)
	}
	if err := c.lookAgain(ctx); err != nil {
		return nil, true, err
	}
	isUpToDate := !c.send
	c.lookAgain, c.send = nil, true // the server was told, so it is on record what came of it
	if err, c.Problem = c.Problem, nil; err != nil {
		return nil, true, err
	}
	return c.live, isUpToDate, nil
}
