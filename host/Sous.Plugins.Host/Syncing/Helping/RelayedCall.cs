namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>A driver's call to its service, on its way to the host that sends it.</summary>
/// <param name="Headers">Those of its content too.</param>
/// <param name="OnlyReads">See <see cref="Sdk.ServiceRequest.OnlyReads"/>.</param>
internal sealed record RelayedCall(string Method, Uri Address, IReadOnlyList<RelayedHeader> Headers, bool OnlyReads);
