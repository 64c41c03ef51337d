using System.Net.Http.Headers;
using System.Text.Json;
using Duende.IdentityModel.Client;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>Puts a described message into HTTP, with the values that the driver never sees.</summary>
internal static class TokenRequest
{
    public static HttpRequestMessage Build(Uri address, TokenMessage message, AuthorizationManifest manifest, TokenValues values)
    {
        var fields = new List<KeyValuePair<string, string>>(message.Fields.Count);
        foreach (var field in message.Fields)
        {
            if (values.Fill(field) is { } text)
            {
                fields.Add(new(field.Name, text));
            }
        }

        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = message.Body == TokenBody.Form ? new FormUrlEncodedContent(fields) : Json(fields),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (manifest.ClientAuthentication == ClientAuthentication.Basic)
        {
            request.SetBasicAuthenticationOAuth(values.Client.Id, values.Client.Secret.Reveal());
        }

        foreach (var header in message.Headers)
        {
            if (values.Fill(header) is { } text)
            {
                request.Headers.TryAddWithoutValidation(header.Name, text);
            }
        }

        return request;
    }

    private static ByteArrayContent Json(List<KeyValuePair<string, string>> fields)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var (name, text) in fields)
            {
                writer.WriteString(name, text);
            }

            writer.WriteEndObject();
        }

        return new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
    }
}
