using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Sous.Plugins.Host.Hosts;

/// <summary>Where several hosts share a database.</summary>
internal sealed class HostsOptions
{
    /// <summary>Whether a host that stands by carries out runs for the one that works. Default true.</summary>
    public bool Help { get; set; } = true;

    /// <summary>The IP address at which the other hosts reach this one. Default the one from which it reaches the database.</summary>
    [RegularExpression("^[0-9a-fA-F.:]+$", ErrorMessage = "The field Address must be an IP address.")]
    public string? Address { get; set; }

    /// <summary>The TCP port at which the other hosts reach this one, over TLS under the master key; 0 for any that is free. Default 0.</summary>
    [Range(0, 65_535)]
    public int Port { get; set; }
}

[OptionsValidator]
internal sealed partial class HostsOptionsValidator : IValidateOptions<HostsOptions>;
