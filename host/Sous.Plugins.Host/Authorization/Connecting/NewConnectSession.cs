using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>What the platform asks for.</summary>
internal sealed record NewConnectSession(
    [property: Required] string? Driver,
    string? ReturnTo = null,
    string? Initiator = null,
    CompletionMode? Completion = null,
    JsonElement? Settings = null);
