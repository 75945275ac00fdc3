/** A person's picture: initials on a colour of their own; an app's is its sign. */
import type { VNode } from 'preact';
import type { Person } from '../../protocol.js';

/** Each at least 4.5:1 with white letters. */
const grounds = ['#7c3a9c', '#0b6e5a', '#a3431f', '#1d5fa8', '#8c2f5d', '#55661d', '#7a5200', '#3d4db0'];

const hash = (text: string): number => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);

const initials = (person: Person): string =>
  (person.realName || person.name)
    .split(/[\s._-]+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase();

export const Avatar = ({ person, size }: { person: Person | undefined; size: number }): VNode => {
  const box = { width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.42)}px` };
  if (person?.kind === 'app')
    return (
      <span class="avatar avatar-app" style={box} aria-hidden="true">
        <svg viewBox="0 0 36 36" width={size} height={size} aria-hidden="true">
          <rect width="36" height="36" fill="#0b3b4a" />
          <path
            d="M6 21h5l3-10 5 16 4-11 2 5h5"
            fill="none"
            stroke="#5ee0c0"
            stroke-width="2.6"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </svg>
      </span>
    );
  return (
    <span
      class="avatar"
      style={{ ...box, background: person === undefined ? '#6b7280' : grounds[hash(person.id) % grounds.length] }}
      aria-hidden="true"
    >
      {person === undefined ? '?' : initials(person)}
    </span>
  );
};
