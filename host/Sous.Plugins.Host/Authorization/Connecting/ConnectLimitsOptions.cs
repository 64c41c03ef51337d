using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>How much connecting a tenant or a client may do, so that one cannot crowd out the others. <c>SOUS_ConnectLimits__…</c>.</summary>
internal sealed class ConnectLimitsOptions
{
    /// <summary>Connect sessions that one tenant may make in a minute, reconnects among them. Default 30.</summary>
    [Range(1, 100_000)]
    public int SessionsPerMinute { get; set; } = 30;

    /// <summary>Connect sessions of one tenant that are not over. Default 20.</summary>
    [Range(1, 10_000)]
    public int OpenSessions { get; set; } = 20;

    /// <summary>Looks at the owner's pages, and presses of their button, from one client in a minute. Default 120.</summary>
    [Range(1, 1_000_000)]
    public int PagesPerMinute { get; set; } = 120;

    /// <summary>Callbacks from one client in a minute. Default 60.</summary>
    [Range(1, 1_000_000)]
    public int CallbacksPerMinute { get; set; } = 60;
}

[OptionsValidator]
internal sealed partial class ConnectLimitsOptionsValidator : IValidateOptions<ConnectLimitsOptions>;
