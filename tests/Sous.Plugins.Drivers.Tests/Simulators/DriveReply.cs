using System.Text.Json;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>One answer, read whole.</summary>
internal sealed record DriveReply(int Status, byte[] Bytes, string? MediaType, string? ContentRange, Uri? Location)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Bytes);

    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

    /// <summary>The first error's reason in Google's envelope.</summary>
    public string? Reason => Json.GetProperty("error").GetProperty("errors")[0].GetProperty("reason").GetString();

    public static async Task<DriveReply> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            return new DriveReply((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken),
                response.Content.Headers.ContentType?.MediaType, response.Content.Headers.ContentRange?.ToString(), response.Headers.Location);
        }
    }

    public string? Member(string name) => Json.TryGetProperty(name, out var member) ? member.GetString() : null;
}
