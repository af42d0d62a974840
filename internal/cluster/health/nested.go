package health

// nestedConditions reads conditions one level down, where a kind reports for each of its parents, as the routes and
// policies of the Gateway API do: https://gateway-api.sigs.k8s.io/geps/gep-713/
func nestedConditions(o object) (Health, bool) {
	var verdicts []Health
	for _, field := range []string{"parents", "ancestors", "listeners", "ingress"} {
		for _, part := range o.status.list(field) {
			if _, ok := part["conditions"]; !ok {
				continue
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

func partName(part fields) string {
	for _, path := range [][]string{{"parentRef", "name"}, {"ancestorRef", "name"}, {"name"}, {"host"}} {
		if name := part.text(path...); name != "" {
			return name
		}
	}
	return "unnamed"
}
