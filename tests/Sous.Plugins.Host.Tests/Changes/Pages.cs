using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Tests.Changes;

/// <summary>Pages to test with.</summary>
internal static class Pages
{
    /// <summary>Its Raw is the record's id and the bytes, so that a test sees what was protected for whom.</summary>
    public static readonly RecordEncoder Encoder = new(static (_, _, id, raw) => [.. System.Text.Encoding.UTF8.GetBytes(id), .. raw]);
}
