package forge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/forge/forgetest"
	"github.com/fairlead-dev/fairlead/internal/hint"
)

func TestCommentsAtBitbucket(t *testing.T) {
	const marker = "<!-- fairlead diff team/shop -->"
	for _, kind := range []forge.Kind{forge.Bitbucket, forge.BitbucketDataCenter} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, kind)
			w.PageSize = 3
			r, err := forge.Parse(w.propose(t, w.proposal("1.1")).Page)
			if err != nil {
				t.Fatal(err)
			}
			w.Change(1, func(r *forgetest.Request) {
				for i := range 7 {
					r.Comments = append(r.Comments, forgetest.Comment{ID: i + 1, Author: 7, Text: "looks good"})
				}
				r.Comments = append(r.Comments, forgetest.Comment{ID: 8, Author: 7, Text: "[//]: # (fairlead diff team/shop)\nnot yours"})
			})
			for _, body := range []string{"first", "second", "third"} {
				if err := r.Comment(t.Context(), forgetest.Writer, marker, marker+"\n"+body); err != nil {
					t.Fatal(err, hint.Of(err))
				}
			}
			var got []string
			for _, c := range w.Requests()[0].Comments[7:] {
				got = append(got, c.Text)
			}
			if diff := cmp.Diff([]string{"[//]: # (fairlead diff team/shop)\nnot yours", "[//]: # (fairlead diff team/shop)\n\nthird"}, got); diff != "" {
				t.Errorf("comments (-want +got):\n%s", diff)
			}
		})
	}
}
