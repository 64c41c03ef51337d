namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The connection was deleted, or is being revoked, while a key for it was about to be stored: takes that write back.</summary>
internal sealed class KeyRefusedException(RedemptionEnd end) : Exception
{
    public RedemptionEnd End { get; } = end;
}
