using Sous.Plugins.Host;
using Sous.Plugins.Host.Cli;

ProcessHardening.Apply();
return await CommandLine.RunAsync(args);
