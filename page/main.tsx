import { render } from 'preact';
import { App } from './app.tsx';
import { startSettings } from './live/settings.ts';
import { startLive } from './live/store.ts';
import { startTheme } from './theme.ts';

startTheme();
startSettings();
startLive();
render(<App />, document.getElementById('page')!);
