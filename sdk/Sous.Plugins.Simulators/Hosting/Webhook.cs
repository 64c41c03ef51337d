namespace Sous.Plugins.Simulators.Hosting;

/// <summary>A webhook on its way.</summary>
/// <param name="Id">Its event.</param>
/// <param name="Type">The service's own word.</param>
/// <param name="OrderId">The order that it is about, or null.</param>
/// <param name="Body">As it is sent each time.</param>
/// <param name="Retry">0 for the first try.</param>
/// <param name="Forged">Whether it is to be badly signed.</param>
internal sealed record Webhook(string Id, string Type, string? OrderId, ReadOnlyMemory<byte> Body, int Retry = 0, bool Forged = false);
