package render

import (
	"context"
	"testing"
)

func BenchmarkRender(b *testing.B) {
	fsys, _ := corpora(b)
	for name, dir := range map[string]string{
		"plain":     "argocd-example-apps/guestbook",
		"kustomize": "argocd-example-apps/kustomize-guestbook",
		"helm":      "argocd-example-apps/helm-guestbook",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Render(context.Background(), fsys, dir, server); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
