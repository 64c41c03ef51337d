namespace Sous.Plugins.Host.Hosts;

/// <summary>A host, as the API and the dashboard show it.</summary>
/// <param name="Name">Its machine and the number of its process there, such as <c>sous-2/1234</c>.</param>
/// <param name="Version">The version of its program; hosts of several may be there while they are replaced one by one.</param>
/// <param name="Since">Since when it does; on one data folder, since its process began.</param>
/// <param name="HeardAt">When the database heard from it last: one that works is silent for two seconds at most, and for ten before another takes over.</param>
/// <param name="Runs">Runs that it carries out at this moment; none said of one that stands by.</param>
internal sealed record HostView(string Name, string Version, HostState State, DateTimeOffset Since, DateTimeOffset HeardAt, int? Runs = null);
