// What is new, old and held: the version that runs, where it is declared, the newest allowed and why not newer.

import { untracked } from "@preact/signals";
import { useState } from "preact/hooks";
import { ask } from "../../actions";
import type { Image } from "../../api";
import { matchingIds, leaves, row, rows } from "../../store";
import { Bar, Button, Code, Empty, Go, Name, Seg, Stage, StatusTag, Time } from "../../ui";
import { option, setOption } from "../../url";
import { many, nameOf, safeLink } from "../../words";
import { headline, nameParts, sorted, standing } from "./standing";
import "./images.css";

const shows = ["", "newer allowed", "held", "not automated"] as const;
const step = 80;

export default function ImagesLens() {
  const [most, setMost] = useState(step);
  const show = shows.find((s) => s === option("show")) ?? "";
  const inQuery = rows("images").filter(isIn);
  const all = sorted(show === "" ? inQuery : inQuery.filter((i) => standing(i).word === show));
  return (
    <Stage class="images-lens">
      <Bar title={headline(inQuery)}>
        <Seg
          label="Show"
          hideLabel
          value={show}
          onChange={(value) => setOption("show", value)}
          choices={[
            { value: "", label: "All" },
            { value: "newer allowed", label: "Newer" },
            { value: "held", label: "Held" },
            { value: "not automated", label: "Not automated" },
          ]}
        />
      </Bar>
      {all.length === 0 ? <Nothing some={inQuery.length} /> : <ImageTable images={all.slice(0, most)} />}
      {all.length > most && <Button onClick={() => setMost(most + step)}>Show {Math.min(step, all.length - most)} more</Button>}
      <p class="soft images-missing">Signatures and known vulnerabilities are not looked at yet: that nothing is said of them here does not mean that there are none. The file and line that declare an image are told with its workload.</p>
    </Stage>
  );
}

function isIn(i: Image): boolean {
  const ids = matchingIds.value;
  return ids === null || (i.workloads.length > 0 ? i.workloads.some((w) => ids.has(w)) : leaves({ app: i.app }));
}

function ImageTable({ images }: { images: readonly Image[] }) {
  const told = images.some((i) => i.where !== "");
  return (
    <div class="images-box" tabIndex={0} role="region" aria-label="Images">
      <table class="images">
        <thead>
          <tr>
            <th scope="col">Image</th>
            <th scope="col">Runs</th>
            <th scope="col">Newest allowed</th>
            <th scope="col">Policy</th>
            {told && <th scope="col">Declared</th>}
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {images.map((i) => (
            <ImageRow key={i.id} image={i} told={told} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ImageRow({ image: i, told }: { image: Image; told: boolean }) {
  const [registry, name] = nameParts(i.image);
  return (
    <tr>
      <th scope="row">
        <span class="images-name" title={i.image}>
          <span class="soft">{registry}</span>
          <Name>{name}</Name>
        </span>
        <Users image={i} />
      </th>
      <td data-label="runs">
        <Code>{i.current || "not known"}</Code>
      </td>
      <td class="images-newest" data-label="newest">
        <StatusTag of={standing(i)} /> {i.newest !== "" && i.newest !== i.current && <Code>{i.newest}</Code>}
        <Why image={i} />
      </td>
      <td data-label="policy">
        {i.policy ? <Code>{i.policy}</Code> : <span class="soft">none</span>}
        {i.checked > 0 && (
          <div class="soft">
            looked <Time at={i.checked} />
          </div>
        )}
      </td>
      {told && (
        <td class="images-where" data-label="declared">
          {i.where ? <Code>{i.where}</Code> : <span class="soft">not told</span>}
        </td>
      )}
      <td class="images-acts">
        {i.app !== "" && (
          <Button quiet onClick={() => ask({ verb: "release", application: i.app, to: `${i.image}:${i.newest !== "" && i.newest !== i.current ? i.newest : ""}` })} title="Commit another version of this image">
            Release…
          </Button>
        )}
      </td>
    </tr>
  );
}

function Users({ image: i }: { image: Image }) {
  const [first] = i.workloads;
  if (first === undefined) return <div class="soft">{i.app ? <Go to={{ lens: "changes", options: { app: i.app } }}>{i.app}</Go> : "no workload"}</div>;
  return (
    <div class="soft images-users" title={i.workloads.map(nameOf).join("\n")}>
      {untracked(() => row("workloads", first)) ? (
        <Go to={{ lens: "workload", selection: first, options: {} }}>
          <Name>{nameOf(first)}</Name>
        </Go>
      ) : (
        <Name>{nameOf(first)}</Name>
      )}
      {i.workloads.length > 1 && ` and ${i.workloads.length - 1} more`}
    </div>
  );
}

function Why({ image: i }: { image: Image }) {
  const request = safeLink(i.pending);
  return (
    <>
      {i.held !== "" && <div class="ink-drift">held: {i.held}</div>}
      {i.pending !== "" && <div>{request ? <a href={request} target="_blank" rel="noreferrer">waits to be merged</a> : <span class="soft">{i.pending}</span>}</div>}
      {i.why !== "" && <div class="soft">{i.why}</div>}
    </>
  );
}

function Nothing({ some }: { some: number }) {
  if (some > 0) return <Empty title="None of them is so" why={`${many(some, "image")} in all: choose “All” to see them.`} />;
  if (rows("images").length > 0) return <Empty title="No image matches the query" why={`${many(rows("images").length, "image")} outside of it.`} type="image:*" />;
  return <Empty title="No images yet" why="Those that workloads run are listed here. To have versions moved forward by commits, give an Application an automation:" type="fairlead images APP" />;
}
