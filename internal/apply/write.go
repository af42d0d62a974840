package apply

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster"
)

// write carries out what is planned for one object. With an error it returns what is live, if that is known.
func write(ctx context.Context, client *cluster.Client, c *Change) (*unstructured.Unstructured, error) {
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
