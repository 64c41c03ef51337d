using Sous.Plugins.Host;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Drivers.Defects;

ProcessHardening.Apply();
DriverCode.GuardProcess();
return await CommandLine.RunAsync(args);
