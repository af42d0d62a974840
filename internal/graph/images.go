package graph

import "github.com/fairlead-dev/fairlead/manifest"

// images are those that workloads run.
func images(o *object) {
	for _, pod := range o.pods {
		for c := range pod.Containers() {
			if c.Image != "" {
				o.say(running{image: c.Image, by: string(c.Role) + " " + c.Name, origin: c.At("image").Origin()})
			}
		}
	}
}

type running struct {
	image, by string
	origin    manifest.Origin
}

func (r running) resolve(l *look) {
	l.link(link{from: l.self(), to: thing("image", r.image, Image), relation: Runs, by: r.by, origin: r.origin})
}
