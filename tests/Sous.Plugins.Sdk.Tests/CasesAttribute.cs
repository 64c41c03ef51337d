using System.Globalization;
using FsCheck.Xunit;
using Xunit.v3;

namespace Sous.Plugins.Sdk.Tests;

/// <summary>
/// A property, tried with generated cases. Always with the same ones, so that a change that passed here passes anywhere;
/// <c>SOUS_CASES</c> multiplies them and draws them anew, <c>SOUS_SEED</c> repeats the seed that a failure tells.
/// </summary>
[XunitTestCaseDiscoverer(typeof(PropertyDiscoverer))]
[AttributeUsage(AttributeTargets.Method)]
#pragma warning disable xUnit3003 // FsCheck's attribute, below this one, has no parameters to pass a source on to.
internal sealed class CasesAttribute : PropertyAttribute
#pragma warning restore xUnit3003
{
    private static readonly int s_times = int.TryParse(Environment.GetEnvironmentVariable("SOUS_CASES"), CultureInfo.InvariantCulture, out var times) ? times : 0;
    private static readonly string? s_seed = Environment.GetEnvironmentVariable("SOUS_SEED");

    public CasesAttribute(int count = 200)
    {
        MaxTest = count * Math.Max(1, s_times);
        Replay = s_seed ?? (s_times > 0 ? null : "20251120,9007199254740993");
    }
}
