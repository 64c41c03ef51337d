using System.ComponentModel.DataAnnotations;
namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Another key for a connection.</summary>
/// <param name="Account">Confirms that it is for this account where it is not the connection's.</param>
internal sealed record NewCredentials([property: Required, StringLength(4096, MinimumLength = 1)] string? ApiKey, string? Account = null)
{
    public override string ToString() => "new credentials";
}
