using Sous.Plugins.Host.Cli;

return await CommandLine.RunAsync(args);
