/**
 * What the configuration of a working copy may hold while git runs in it for rollbackd: keys that run no program, reach
 * nothing outside, and change no content. Everything else is refused, also keys that nobody knew when this was written.
 */
const harmless: readonly RegExp[] = [
  /^core\.(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks)$/,
  /^core\.(sharedrepository|compression|loosecompression|bigfilethreshold|abbrev|quotepath|commentchar|whitespace)$/,
  /^core\.(preloadindex|untrackedcache|checkstat|trustctime|packedgitlimit|packedgitwindowsize|deltabasecachelimit)$/,
  /^remote\.[^\0]+\.(url|pushurl|fetch|push|tagopt|prune|prunetags|mirror|skipdefaultupdate|skipfetchall)$/,
  /^branch\.[^\0]+\.(remote|merge|pushremote|rebase|description|vscode-merge-base|gh-merge-base)$/,
  /^branch\.(autosetupmerge|autosetuprebase|sort)$/,
  /^user\.(name|email|useconfigonly)$/,
  /^(init\.defaultbranch|extensions\.objectformat|index\.version)$/,
  /^(push|pull|fetch|merge|rebase|status|log|color|advice|column|gc|pack|receive)\.(default|ff|prune|prunetags|rebase|autostash|autosetupremote|followtags|conflictstyle|date|decorate|ui|auto|autodetach|detachedhead|denycurrentbranch|denynonfastforwards|showuntrackedfiles|short|branch|pruneexpire|threads|windowmemory)$/,
];

/** The keys of a configuration, as `git config --list --name-only` tells them, that are not known to be harmless. */
export function doubtfulKeys(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)].filter((key) => !harmless.some((pattern) => pattern.test(key)));
}
