namespace Sous.Plugins.Host.Credentials;

/// <summary>A refresh that was about to be sent: what is left of it after a crash says that the service may have rotated the token.</summary>
/// <param name="HolderId">Who held the lease.</param>
/// <param name="Version">The credential's version that it would spend.</param>
internal sealed record RefreshIntent(DateTimeOffset At, string HolderId, long Version);
