using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Sdk.Manifests;

// What a file does not say, generated code sets to null or 0: the manifests' init accessors put the defaults back.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters =
    [
        typeof(SnakeCaseEnum<AuthorizationKind>), typeof(SnakeCaseEnum<ClientAuthentication>), typeof(SnakeCaseEnum<Pkce>),
        typeof(SnakeCaseEnum<RefreshTokenUse>), typeof(SnakeCaseEnum<StreamScope>), typeof(SnakeCaseEnum<Authorization.TokenBody>),
    ])]
[JsonSerializable(typeof(DriverManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;

internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
