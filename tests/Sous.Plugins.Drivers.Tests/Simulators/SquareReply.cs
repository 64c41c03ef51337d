using System.Text.Json;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>One answer, read whole.</summary>
internal sealed record SquareReply(int Status, string Text, Uri? Location, string? RetryAfter)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Cursor => Member("cursor");

    public string? ErrorCode => Json.TryGetProperty("errors", out var errors) ? errors[0].GetProperty("code").GetString() : null;

    public static async Task<SquareReply> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new SquareReply((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                response.Headers.Location, response.Headers.RetryAfter?.ToString());
        }
    }

    public string? Member(string name) => Json.TryGetProperty(name, out var member) ? member.GetString() : null;

    public IEnumerable<JsonElement> List(string name) => Json.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];
}
