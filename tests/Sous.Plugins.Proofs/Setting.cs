using System.Globalization;

namespace Sous.Plugins.Proofs;

/// <summary>What the environment says of a proof's size.</summary>
internal static class Setting
{
    public static int Of(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
