package health

// nestedConditions reads conditions one level down, where a kind reports for each of its parents, as the routes and
// policies of the Gateway API do: https://gateway-api.sigs.k8s.io/geps/gep-713/
func nestedConditions(o object) (Health, bool) {
	var verdicts []Health
	for _, field := range []string{"parents", "ancestors", "listeners", "ingress"} {
		parts := o.status.list(field)
		seen := map[string]bool{} // controllers that have seen the last change
		for _, part := range parts {
			if part.newest() == o.generation {
				seen[part.text("controllerName")] = true
			}
		}
		for _, part := range parts {
			if _, ok := part["conditions"]; !ok {
				continue
			}
			if about := part.newest(); about > 0 && about < o.generation && seen[part.text("controllerName")] {
				continue // what its controller forgot to remove
			}
			h, ok := judgeConditions(part.conditions(), o.generation)
			if !ok {
				h = Health{State: Progressing, Reason: "not judged yet"}
			}
			h.Reason = partName(part) + ": " + h.Reason
			verdicts = append(verdicts, h)
		}
	}
	for _, field := range []string{"conditionedStatus"} {
		if h, ok := judgeConditions(o.status.sub(field).conditions(), o.generation); ok {
			verdicts = append(verdicts, h)
		}
	}
	return worst(verdicts)
}

// newest is the last generation that its conditions are about, 0 where they don't say.
func (f fields) newest() int64 {
	generation := int64(0)
	for _, c := range f.conditions() {
		generation = max(generation, c.generation)
	}
	return generation
}

func partName(part fields) string {
	for _, path := range [][]string{{"parentRef", "name"}, {"ancestorRef", "name"}, {"name"}, {"host"}, {"branch"}} {
		if name := part.text(path...); name != "" {
			return name
		}
	}
	return "unnamed"
}
