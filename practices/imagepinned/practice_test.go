package imagepinned

import (
	"testing"

	"github.com/fairlead-dev/fairlead/practice/practicetest"
)

func Test(t *testing.T) { practicetest.Run(t, Practice) }

func TestReferencesAreReadAsTheRuntimesDo(t *testing.T) {
	digest := "@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d"
	for image, want := range map[string]weakness{
		"nginx":                             noTag,
		"registry:5000/web":                 noTag,
		"registry:5000/team/web":            noTag,
		"registry:5000/web:1.2.0":           sound,
		"localhost:5000/web:latest":         latest,
		"nginx:latest":                      latest,
		"nginx:latest" + digest:             sound,
		"nginx" + digest:                    sound,
		"web@sha256:fd8d9aa63ba2":           badDigest,
		"web@sha256:${DIGEST}":              sound,
		"${IMAGE}":                          sound,
		"{{ .Values.image }}":               sound,
		"${REGISTRY}/web":                   noTag,
		"${REGISTRY}/web:latest":            latest,
		"registry.example.com/web:${TAG}":   sound,
		"registry.example.com/web:{{.tag}}": sound,
		"registry.example.com/web:VERSION":  sound,
		"IMAGE_NAME":                        sound,
		"web:main":                          moves,
		"web:main-3f2a1b9":                  sound,
		"web:nightly-20260114":              sound,
		"redis:alpine":                      moves,
		"redis:7-alpine":                    sound,
		"rabbitmq:3.6.8-management":         sound,
		"quay.io/team/web:stable-slim":      moves,
		"web:3f2a1b9":                       sound,
		"web:deadbeef":                      sound,
		"minio/minio:RELEASE.2026-01-02":    sound,
		"web:":                              noTag,
		":":                                 noTag,
		"@":                                 sound,
	} {
		if got := weaknessOf(image); got != want {
			t.Errorf("%q %s, want %q", image, got, want)
		}
	}
}
