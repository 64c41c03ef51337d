using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Sous.Plugins.Host.Tests;

/// <summary>Makes meters as the host's container does.</summary>
internal static class Meters
{
    public static IMeterFactory New() => new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
}
