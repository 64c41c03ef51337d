namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>What the demo was asked for.</summary>
/// <param name="Once">End when done instead of staying up.</param>
/// <param name="Orders">How many orders the simulated restaurants have.</param>
/// <param name="Json">Print the rows as JSON.</param>
internal sealed record DemoOptions(bool Once, int Orders, string? Plugins, bool Json);
