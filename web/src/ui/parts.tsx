// The small parts that all lenses are made of.

import type { ComponentChildren, JSX } from "preact";

import type { Status, Tone } from "../words";
import { ago, clock } from "../words";
import { href, go, type Place } from "../url";

type Children = { children?: ComponentChildren };

/** The scrolling middle of the page. */
export const Stage = ({ children, class: more = "" }: Children & { class?: string }) => <div class={`stage ${more}`}>{children}</div>;

/** A lens's first line: what there is in a few words, and its controls at the right. */
export const Bar = ({ title, note, children }: Children & { title: ComponentChildren; note?: ComponentChildren }) => (
  <div class="bar">
    <h1>{title}</h1>
    {note && <span class="soft">{note}</span>}
    <span class="grow" />
    {children}
  </div>
);

/** A status as shape, word and colour. */
export const Tag = ({ tone, shape, children, title }: Children & { tone: Tone; shape?: string; title?: string }) => (
  <span class={`tag ${tone}`} title={title}>
    {shape && <i aria-hidden="true">{shape}</i>}
    {children}
  </span>
);

/** A status of the vocabulary, with its own word or another one. */
export const StatusTag = ({ of, children }: Children & { of: Status }) => (
  <Tag tone={of.tone} shape={of.shape}>
    {children ?? of.word}
  </Tag>
);

export interface Choice<V extends string> {
  value: V;
  label: string;
  title?: string;
}

/** One of a few, as a row of radio buttons. */
export function Seg<V extends string>(props: { label: string; hideLabel?: boolean; choices: readonly Choice<V>[]; value: V; onChange: (value: V) => void }) {
  return (
    <fieldset class="seg-field">
      <legend class={props.hideLabel ? "sr" : "soft"}>{props.label}</legend>
      <div class="seg">
        {props.choices.map((choice) => (
          <label key={choice.value} title={choice.title}>
            <input type="radio" name={props.label} checked={choice.value === props.value} onChange={() => props.onChange(choice.value)} />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** One of several, as the browser's own list. */
export function Pick<V extends string>(props: { label: string; choices: readonly Choice<V>[]; value: V; onChange: (value: V) => void }) {
  return (
    <label class="pick">
      <span class="soft">{props.label}</span>
      <select value={props.value} onChange={(event) => props.onChange(event.currentTarget.value as V)}>
        {props.choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export const Card = ({ head, foot, children, label }: Children & { head?: ComponentChildren; foot?: ComponentChildren; label?: string }) => (
  <article class="card" aria-label={label}>
    {head && <div class="card-head">{head}</div>}
    {children}
    {foot && <div class="card-foot">{foot}</div>}
  </article>
);

export const Section = ({ title, children, id }: Children & { title: ComponentChildren; id?: string }) => (
  <section class="sec" id={id}>
    <h2>{title}</h2>
    {children}
  </section>
);

/** A line with something at its right end. */
export const Row = ({ children, end }: Children & { end?: ComponentChildren }) => (
  <div class="row">
    <span class="row-main">{children}</span>
    {end !== undefined && <span class="row-end">{end}</span>}
  </div>
);

export const Button = ({ main, quiet, ...rest }: JSX.IntrinsicElements["button"] & { main?: boolean; quiet?: boolean }) => (
  <button type="button" {...rest} class={`${main ? "main" : quiet ? "quiet" : ""} ${(rest.class as string | undefined) ?? ""}`} />
);

/** A link to another place of the page; opened in another tab it leads there, too. */
export const Go = ({ to, children, class: more = "", title, current }: Children & { to: Partial<Place>; class?: string; title?: string; current?: boolean }) => (
  <a
    class={more}
    title={title}
    aria-current={current ? "page" : undefined}
    href={href(to)}
    onClick={(event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      go(to);
    }}
  >
    {children}
  </a>
);

/** A time as distance, with the clock's time on hovering. */
export const Time = ({ at }: { at: number }) =>
  at ? (
    <time class="nowrap" dateTime={new Date(at * 1000).toISOString()} title={clock(at)}>
      {ago(at)}
    </time>
  ) : null;

export const Key = ({ children }: Children) => <kbd>{children}</kbd>;

/** Names and code in the fixed-width face; direction is isolated so that no name turns its neighbours round. */
export const Code = ({ children }: Children) => (
  <code dir="auto">
    <bdi>{children}</bdi>
  </code>
);
export const Name = ({ children }: Children) => <bdi class="name">{children}</bdi>;
