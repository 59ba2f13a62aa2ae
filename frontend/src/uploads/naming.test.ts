import { beforeEach, expect, it, vi } from 'vitest';
import type { SessionUser } from '../api/types';

const kept = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
});

beforeEach(() => kept.clear());

it('a rule belongs to its project, and a typed case does not carry over to another', async () => {
  const { enterProject, chooseProject } = await import('../api/project');
  const { caseFor, naming, setRule } = await import('./naming');
  const projects = ['breast', 'ovary'].map((id) => ({ id, name: id, role: 'annotator' as const }));
  const user = { id: 'u', projects } as unknown as SessionUser;
  chooseProject(user);
  setRule('US_{case}_*');
  naming.set({ case: 'K17' });
  enterProject(user, 'ovary');
  expect(naming.get()).toEqual({ case: '', rule: '' });
  setRule('{case}-*');
  expect(caseFor('K9-3.png')).toBe('K9');
  enterProject(user, 'breast');
  expect(caseFor('US_K8_1.png')).toBe('K8');
});
