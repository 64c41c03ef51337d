namespace Sous.Plugins.Host.Connections;

/// <summary>What the host does next by itself.</summary>
/// <param name="Step">Such as <c>refresh</c> or <c>revoke</c>.</param>
internal sealed record NextStep(string Step, DateTimeOffset At);
