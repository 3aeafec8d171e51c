export default () => ({
  playwrightOptions: { executablePath: process.env.BENCHMARK_BROWSER || undefined, testIdAttribute: 'data-testid' },
});
