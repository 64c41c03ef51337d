using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A connection that is made without a browser.</summary>
/// <param name="ApiKey">With services that take one. Kept encrypted; shown to nobody.</param>
internal sealed record NewConnection([property: Required] string? Driver, string? ApiKey = null, JsonElement? Settings = null)
{
    public override string ToString() => $"new connection to {Driver}";
}
