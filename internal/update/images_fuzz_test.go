package update

import "testing"

// Whatever is in a file: a line that says an image says another version after it was set, nothing else has changed, and back
// again the file is as it was, where there was a version.
func FuzzImageLines(f *testing.F) {
	for _, text := range []string{
		"image: nginx:1.25 # x\n", "{image: 'ghcr.io/acme/web:1.4', imageTag: 2}", "image: {repository: a/b, tag: 1.5, digest: ''}\n", "images:\n- name: a\n  newTag: 1\n", "a: &x {image: b:c}\nd: *x\n",
		"patch: |\n  image: a:b\n", "image: >-\n  a:b\n", "- op: add\n  path: /image\n  value: a:1\n", "image: {{ x }}\nimage: a:1\r\n", "global: {imageRegistry: r}\nimage: a\nimageTag: 0x1\n",
		"image: a:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "image:\n  registry: r:5000\n  repository: x\n  tag:\n",
	} {
		f.Add([]byte(text), uint(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, number uint) {
		lines, _ := ImageLines("a.yaml", text)
		if len(lines) == 0 {
			return
		}
		line := lines[int(number%uint(len(lines)))]
		to := version{line.Tag, line.Digest}.another(7)
		after, err := line.Set(text, to.String())
		if err != nil {
			return
		}
		again, _ := ImageLines("a.yaml", after)
		for _, l := range again {
			if pathKey(l.spot.path) == pathKey(line.spot.path) && l.spot.number == line.spot.number && l.spot.inText == line.spot.inText && l.spot.tagKey == line.spot.tagKey {
				if has := (version{l.Tag, l.Digest}); has == to && l.Image == line.Image {
					return
				}
				t.Errorf("%q: %s is %s in %q", text, line.At, l.spot.version, after)
			}
		}
		t.Errorf("%q: %s isn't there any more: %q", text, line.At, after)
	})
}
